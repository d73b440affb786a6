from app.config import DATA

print(DATA)
