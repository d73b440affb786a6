import os

from humanize import __name__ as humanize_name
with open('/var/lib/state.json', 'w') as file:
    file.write('{}')

NAME = os.environ.get("NAME", "demo")
