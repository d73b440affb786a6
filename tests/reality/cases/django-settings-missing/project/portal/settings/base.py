SECRET_KEY = "x"
ROOT_URLCONF = "portal.urls"
INSTALLED_APPS = []
