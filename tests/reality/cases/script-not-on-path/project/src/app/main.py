import json
from pathlib import Path

from flask import Flask
from itsdangerous import __name__ as itsdangerous_name

from app import settings

CONFIG = json.loads(Path(__file__).with_name("config.json").read_text())


app = Flask(__name__)


@app.get("/")
def show():
    return settings.NAME
