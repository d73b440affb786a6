import json
import sys
sys.modules["simplejson"] = json
import simplejson
import compat.np as np
