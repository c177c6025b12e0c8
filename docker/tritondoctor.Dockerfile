# The doctor as an image: to read logs and snapshots anywhere, and to be used in other containers.
# The context is the folder in which `make pyz` leaves tritondoctor.pyz; there is nothing else to build.
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE}
COPY tritondoctor.pyz /opt/doctor/tritondoctor
RUN /opt/doctor/tritondoctor --version
USER 1000
WORKDIR /work
ENTRYPOINT ["/opt/doctor/tritondoctor"]
CMD ["--help"]
