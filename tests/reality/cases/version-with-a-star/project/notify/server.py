import aiohttp.web as web
import orjson

try:
    import uvloop
    uvloop.install()
except ImportError:
    pass


async def ping(request):
    return web.Response(body=orjson.dumps({"pong": 1}), content_type="application/json")


app = web.Application()
app.add_routes([web.get("/ping", ping)])

if __name__ == "__main__":
    web.run_app(app, port=8081)
