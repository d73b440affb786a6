import asyncio

from sqlalchemy import text

from db import Session


async def main():
    async with Session() as session:
        print((await session.execute(text("select 1"))).scalar())


asyncio.run(main())
