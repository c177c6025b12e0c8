# An environment with PyTriton on Alpine (musl), for the matrix (docker/matrix.toml).
#
# Not run yet: the image must be pulled, and no registry was in reach.  pip refuses PyTriton's wheel
# there, so it is only installed with FORCE=yes; its programs name glibc's loader, which is not there.
#
#   BASE  the image to start from
#   SOURCE, PYTHON, RELEASE, FORCE  see parts/environment.sh
ARG BASE=alpine:3.20

FROM ${BASE} AS base
# hadolint ignore=DL3018
RUN apk add --no-cache bash python3 && adduser -D -u 1000 ana

FROM base AS build
ARG SOURCE=system
ARG PYTHON=3.12
ARG RELEASE=0.7.0
ARG FORCE=no
COPY wheels/ /wheels/
COPY channel/ /channel/
COPY parts/ /parts/
RUN sh /parts/environment.sh

FROM base AS environment
COPY --from=build --chown=1000:1000 /opt/ /opt/
ENV PATH=/opt/env/bin:/usr/local/bin:/usr/bin:/bin
USER 1000
WORKDIR /home/ana
