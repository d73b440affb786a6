from svc.config import settings

print(settings)
