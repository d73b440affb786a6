from fastapi import FastAPI

from .schemas import User

app = FastAPI()


@app.post("/users")
def create(user: User):
    return user
