import toolz

print(toolz)
