# PyTriton, checked and self-tested while it is built: no image is made where it would not serve.
# The context is the folder in which `make pyz` leaves tritondoctor.pyz, with a folder wheels, which may
# be empty; pip takes what is there before it asks its index.
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
ARG PYTRITON=0.7.0
# pip's own variables; PIP_NO_INDEX=1 where all wheels are in that folder
ARG PIP_NO_INDEX
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
COPY wheels /wheels
RUN python3 -m venv /opt/pytriton \
    && /opt/pytriton/bin/pip install --no-cache-dir --find-links /wheels "nvidia-pytriton==${PYTRITON}"

FROM ${BASE}
RUN useradd --create-home --uid 1000 pytriton
COPY --from=build /opt/pytriton /opt/pytriton
COPY tritondoctor.pyz /opt/doctor/tritondoctor
# the workspace is in /tmp, so that any user and a read-only root need no other writable place
ENV PATH=/opt/pytriton/bin:${PATH}:/opt/doctor \
    VIRTUAL_ENV=/opt/pytriton \
    PYTHONUNBUFFERED=1 \
    PYTRITON_HOME=/tmp/pytriton
# a number: Kubernetes can see that it is not root
USER 1000
WORKDIR /home/pytriton
# a broken start ends at the line of the log that says so; a builder may be slow
RUN tritondoctor check && tritondoctor selftest --timeout 300
EXPOSE 8000 8001 8002
HEALTHCHECK --start-period=60s --interval=10s --timeout=10s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8000/v2/health/ready')"]
ENTRYPOINT ["/bin/sh", "-c", "python3 -I /opt/doctor/tritondoctor check >&2 && exec \"$@\"", "preflight"]
CMD ["tritondoctor", "selftest"]
