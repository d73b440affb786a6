import croniter

print(croniter.__name__)
