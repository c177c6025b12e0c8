# An environment with PyTriton on Debian or Ubuntu, for the matrix (docker/matrix.toml).
#
# Run here on bases that are made of Debian's packages (mmdebstrap).  Ubuntu's images must be pulled:
# there it has not been run yet.
#
#   BASE         the image to start from
#   INTERPRETER  an image whose /opt holds Pythons (python.Dockerfile); by default there are none
#   SOURCE, PYTHON, RELEASE, FORCE, LIBSTDCXX  see parts/environment.sh
#
# Wheels in wheels/ (and wheels/tools/) keep the build off the network.
ARG BASE=debian:12-slim
ARG INTERPRETER=${BASE}

FROM ${INTERPRETER} AS interpreter

FROM ${BASE} AS base
# hadolint ignore=DL3008
RUN python3 -c 'import ensurepip, venv' 2>/dev/null || { \
        apt-get update && \
        apt-get install -y --no-install-recommends python3 python3-venv && \
        rm -rf /var/lib/apt/lists/*; \
    }
RUN id 1000 >/dev/null 2>&1 || useradd --create-home --uid 1000 --shell /bin/bash ana

FROM base AS build
ARG SOURCE=system
ARG PYTHON=3.11
ARG RELEASE=0.7.0
ARG FORCE=no
ARG LIBSTDCXX=libstdcxx-ng
COPY --from=interpreter /opt/ /opt/
COPY wheels/ /wheels/
COPY channel/ /channel/
COPY parts/ /parts/
RUN sh /parts/environment.sh

FROM base AS environment
COPY --from=build --chown=1000:1000 /opt/ /opt/
COPY --from=build /usr/local/ /usr/local/
ENV PATH=/opt/env/bin:/usr/local/bin:/usr/bin:/bin
USER 1000
WORKDIR /home/ana
