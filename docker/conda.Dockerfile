# A conda environment with PyTriton on miniforge's or micromamba's image, for the matrix.
#
# Not run yet: these images must be pulled, and no registry was in reach.  The matrix' conda cells that
# do run stand on debian.Dockerfile, where py-rattler installs from a channel in channel/.
#
#   BASE  the image to start from, with conda or micromamba on its PATH
#   PYTHON, RELEASE  see parts/environment.sh
ARG BASE=condaforge/miniforge3:24.9.2-0

FROM ${BASE} AS base
# hadolint ignore=DL3002
USER 0
RUN id 1000 >/dev/null 2>&1 || useradd --create-home --uid 1000 --shell /bin/bash ana; \
    mkdir -p /home/ana && chown 1000:1000 /home/ana

FROM base AS build
ARG SOURCE=conda
ARG PYTHON=3.10
ARG RELEASE=0.7.0
ARG FORCE=no
COPY wheels/ /wheels/
COPY channel/ /channel/
COPY parts/ /parts/
# a real channel: conda's environment has a pip of its own
RUN sh /parts/environment.sh

FROM base AS environment
COPY --from=build --chown=1000:1000 /opt/env/ /opt/env/
ENV PATH=/opt/env/bin:/usr/local/bin:/usr/bin:/bin \
    CONDA_PREFIX=/opt/env
USER 1000
WORKDIR /home/ana
