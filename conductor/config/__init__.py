"""CONDUCTOR.md's front matter becomes Settings; the repository is not trusted until its user says so."""
