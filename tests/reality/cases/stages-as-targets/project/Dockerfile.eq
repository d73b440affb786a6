FROM python:3.12-slim AS base
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
FROM base AS prod
ARG GIT_SHA=unknown
ENV GIT_SHA=${GIT_SHA}
COPY worker.py ./
CMD ["python", "-u", "worker.py"]
