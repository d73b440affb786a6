"""What a command would do: a walk that runs nothing, the programs it looks into, and the rules' judges."""
