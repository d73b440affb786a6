from pk import __name__ as n
print(n)
