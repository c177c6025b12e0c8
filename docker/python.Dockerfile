# Pythons of pyenv's kind, in /opt/pyenv: the `interpreter` of the matrix' environments.
#
# Not run yet: it builds from sources on the network.  The tests bring Pythons of their own machine.
ARG BASE=debian:12-slim
FROM ${BASE}
ARG VERSION=3.10.13
ENV PYENV_ROOT=/opt/pyenv
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install -y --no-install-recommends build-essential ca-certificates git curl libssl-dev \
        zlib1g-dev libbz2-dev libreadline-dev libsqlite3-dev libffi-dev liblzma-dev libncursesw5-dev \
        uuid-dev && \
    rm -rf /var/lib/apt/lists/* && \
    git clone --depth 1 https://github.com/pyenv/pyenv.git /usr/local/pyenv && \
    PYTHON_CONFIGURE_OPTS=--enable-shared /usr/local/pyenv/bin/pyenv install "${VERSION}"
