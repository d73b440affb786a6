import toolz

print(toolz.concat([[1]]))
