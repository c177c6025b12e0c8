# A cell of the matrix: an environment, changed in the way that its defects say (docker/matrix.toml).
#
#   ENVIRONMENT  the image of a family's Dockerfile
#   DEFECTS      the defects, each a script in defects/ with its arguments: "name argument; name"
#
# materials/ holds what the defects bring in: libraries of other systems, wheels.
ARG ENVIRONMENT=environment
FROM ${ENVIRONMENT}
ARG DEFECTS=
ARG SOURCE=system
USER 0
COPY materials/ /materials/
COPY defects/ /defects/
RUN sh /defects/apply.sh "${DEFECTS}" && rm -rf /materials /defects
USER 1000
