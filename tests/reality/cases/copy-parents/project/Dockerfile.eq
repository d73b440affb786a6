FROM python:3.12-slim
WORKDIR /a
COPY services/api/main.py services/api/main.py
COPY libs libs
COPY conf/a.json conf/a.json
CMD ["python", "services/api/main.py"]
