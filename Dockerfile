# syntax=docker/dockerfile:1
# The server of viewers' pages, API and studio. Nothing in the image is written to: everything that
# changes lies in /data, and /tmp is a tmpfs (see deploy/compose.yaml).
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/marquee
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY src ./src
RUN /opt/marquee/bin/pip install --no-cache-dir --disable-pip-version-check \
      -c constraints.txt '.[postgres,studio,s3]' \
    && find /opt/marquee -type d -name __pycache__ -prune -exec rm -rf {} + \
    && /opt/marquee/bin/python -m compileall -q /opt/marquee/lib

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="Marquee" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin marquee \
    && install -d -o marquee -g marquee /data
COPY --from=build /opt/marquee /opt/marquee
ENV PATH=/opt/marquee/bin:$PATH \
    MARQUEE_HOME=/data/home \
    NUMBA_CACHE_DIR=/data/cache/numba \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/api/v1/health/ready', timeout=4)"]
ENTRYPOINT ["marquee"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
