# The command line, with the emulator, the remote backends and encryption.
#
#   docker build --tag provision .
#   docker run --rm --volume "$PWD:/project:ro" --env OPENAI_API_KEY provision plan

ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
WORKDIR /source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# What is installed is locked, with hashes. It is a layer of its own, which a change of the source does not rebuild.
COPY requirements/image.txt requirements/release.txt requirements/
RUN python -m venv /opt/tools \
    && /opt/tools/bin/python -m pip install --require-hashes --requirement requirements/release.txt \
    && python -m venv --without-pip /opt/provision \
    && python -m pip --python /opt/provision install --require-hashes --requirement requirements/image.txt
COPY pyproject.toml README.md LICENSE ./
COPY provisioner provisioner
RUN /opt/tools/bin/python -m build --no-isolation --wheel --outdir dist \
    && python -m pip --python /opt/provision install --no-deps dist/*.whl

FROM python:${PYTHON_VERSION}-slim
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="provision" \
    org.opencontainers.image.description="Infrastructure-as-code for OpenAI assistants" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
# git is for states in `git:` and to find out what is tracked. A version of it would vanish from the archive.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && python -m pip uninstall --yes pip \
    && useradd --system --uid 10001 --create-home provision
COPY --from=build /opt/provision /opt/provision
# PYTHONSAFEPATH: the working folder is a project that may be under review, and nothing is imported from it.
ENV PATH="/opt/provision/bin:${PATH}" PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /project
ENTRYPOINT ["provision"]
CMD ["--help"]
