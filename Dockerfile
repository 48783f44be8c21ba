# One image for app, worker, media and simulator; the console is built in its own stage.
FROM node:22-bookworm-slim AS console
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-noto-cjk curl \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/gridlink gridlink
WORKDIR /opt/gridlink
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY gis/ gis/
COPY video/ video/
COPY backend/ backend/
COPY data/shapefiles/ data/shapefiles/
COPY --from=console /src/backend/console_dist backend/console_dist
ENV NUMBA_CACHE_DIR=/opt/gridlink/.numba PYTHONUNBUFFERED=1 GRIDLINK_VAR_DIR=/var/lib/gridlink
RUN pip install --no-cache-dir --no-deps -e . && python -m backend.warm && chown -R gridlink .numba
USER gridlink
EXPOSE 8000 8100
CMD ["gridlink", "serve", "--host", "0.0.0.0"]
