# Application and worker in one image; no tests, no compiler, no root.
FROM python:3.11-slim AS packages
WORKDIR /app
COPY requirements/app.txt requirements/worker.txt requirements/
RUN python -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements/app.txt -r requirements/worker.txt
COPY pyproject.toml ./
COPY census census
COPY forms forms
COPY validation validation
COPY exports exports
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable .
RUN .venv/bin/python -c "from forms.catalogue import catalogue; catalogue()"  # kept beside the definitions, read quickly ever after

FROM python:3.11-slim
# No PostgreSQL in here: the image is given its databases (compose.yaml).
RUN apt-get update && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 && rm -rf /var/lib/apt/lists/*  # printed forms as PDF
RUN useradd --system --uid 10001 --home-dir /var/lib/census --create-home census
WORKDIR /app
COPY --from=packages /app /app
COPY alembic.ini wsgi.py ./
COPY migrations migrations
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CENSUS_ENV=production \
    CENSUS_DATA_DIR=/var/lib/census
USER census
VOLUME /var/lib/census
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["census", "serve", "--host", "0.0.0.0", "--port", "8000"]
