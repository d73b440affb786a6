import site

site.addsitedir("/opt/plugins")

import extra
import sharedlib

print(sharedlib.X + extra.Y)
