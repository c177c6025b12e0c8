# An environment with PyTriton on NVIDIA's CUDA images (Ubuntu), for the matrix (docker/matrix.toml).
#
# Not run yet: these images must be pulled, and no registry was in reach.
#
#   BASE  the image to start from
#   SOURCE, PYTHON, RELEASE, FORCE  see parts/environment.sh
ARG BASE=nvidia/cuda:12.4.1-runtime-ubuntu22.04

FROM ${BASE} AS base
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install -y --no-install-recommends python3 python3-venv && \
    rm -rf /var/lib/apt/lists/* && \
    { id 1000 >/dev/null 2>&1 || useradd --create-home --uid 1000 --shell /bin/bash ana; } && \
    mkdir -p /home/ana && chown 1000:1000 /home/ana

FROM base AS build
ARG SOURCE=system
ARG PYTHON=3.10
ARG RELEASE=0.7.0
ARG FORCE=no
COPY wheels/ /wheels/
COPY channel/ /channel/
COPY parts/ /parts/
RUN sh /parts/environment.sh

FROM base AS environment
COPY --from=build --chown=1000:1000 /opt/ /opt/
# NVIDIA's variables stay: LD_LIBRARY_PATH is a part of the cell
ENV PATH=/opt/env/bin:/usr/local/nvidia/bin:/usr/local/cuda/bin:/usr/local/bin:/usr/bin:/bin
USER 1000
WORKDIR /home/ana
