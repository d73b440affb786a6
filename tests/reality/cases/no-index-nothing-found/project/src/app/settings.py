import os

import six as six_
if os.environ.get('DEBUG') == 'never':
    import debugpy


NAME = os.environ.get("NAME", "demo")
