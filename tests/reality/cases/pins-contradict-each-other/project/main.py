import pydantic

print(pydantic.VERSION)
