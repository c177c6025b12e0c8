# An environment with PyTriton on Rocky Linux or Amazon Linux, for the matrix (docker/matrix.toml).
#
# Not run yet: these images must be pulled, and no registry was in reach.
#
#   BASE      the image to start from
#   PACKAGES  the system's Python
#   SOURCE, PYTHON, RELEASE, FORCE  see parts/environment.sh
ARG BASE=rockylinux:9

FROM ${BASE} AS base
ARG PACKAGES=python3
# findutils: the defects look for files
# hadolint ignore=DL3041,SC2086
RUN dnf install -y ${PACKAGES} findutils shadow-utils && dnf clean all && \
    { id 1000 >/dev/null 2>&1 || useradd --create-home --uid 1000 ana; }

FROM base AS build
ARG SOURCE=system
ARG RELEASE=0.7.0
ARG FORCE=no
ARG PYTHON=3.9
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
