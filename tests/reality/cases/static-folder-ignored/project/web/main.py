from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).parent
app = Starlette(routes=[Mount("/static", StaticFiles(directory=HERE / "static"))])
