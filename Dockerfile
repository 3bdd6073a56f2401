# The MCP server's image. The result holds Python, the locked packages and the server as bytecode; no pip, no compiler.
# Behind a proxy with its own CA: docker buildx build --network host --secret id=ca,src=<bundle.pem> -t quilt-mcp-server .
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
# The times of the files in the image; as an argument of the build it also sets those of its configuration.
ARG SOURCE_DATE_EPOCH=0
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
# pip stays in an environment of its own, so that nothing of it has to be removed from the result.
RUN python3 -m venv /pip && python3 -m venv --without-pip /opt/venv
COPY server/requirements.txt /build/
RUN --mount=type=secret,id=ca,required=false \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    /pip/bin/pip --python /opt/venv/bin/python3 install --quiet --no-compile --only-binary :all: --require-hashes \
      -r /build/requirements.txt
COPY server/src/quilt_mcp_server /build/quilt_mcp_server
# Of botocore's data only what the server calls (25 MB less). Bytecode that is not compared with its source, fixed times
# and modes that no umask changes: /rootfs, the only layer that is added to the base, depends on its contents alone.
RUN set -eu; \
    site=$(/opt/venv/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
    mv /build/quilt_mcp_server "$site/"; \
    for service in "$site"/botocore/data/*/; do \
      case "$(basename "$service")" in athena|glue|s3|sts) ;; *) rm -r "$service" ;; esac; \
    done; \
    find "$site" -type d -name tests -prune -exec rm -r {} +; \
    chmod -R u=rwX,go=rX "$site"; \
    /opt/venv/bin/python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash "$site"; \
    groupadd --gid 10001 quilt; \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin quilt; \
    mkdir -p /rootfs/opt /rootfs/etc; \
    mv /opt/venv /rootfs/opt/; \
    cp /etc/passwd /etc/group /rootfs/etc/; \
    find /rootfs -exec touch --no-dereference --date=@$SOURCE_DATE_EPOCH {} +

# The Python packages that are in /rootfs, as CycloneDX: docker buildx build --target sbom --output type=local,dest=<dir> .
FROM build AS packages
RUN python3 -m venv /cyclonedx
COPY server/requirements-sbom.txt server/pyproject.toml /build/
RUN --mount=type=secret,id=ca,required=false \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    /pip/bin/pip --python /cyclonedx/bin/python3 install --quiet --only-binary :all: --require-hashes \
      -r /build/requirements-sbom.txt
# The version is in the code, where cyclonedx-py does not read it.
RUN version=$(/rootfs/opt/venv/bin/python3 -c 'import quilt_mcp_server; print(quilt_mcp_server.__version__)'); \
    sed -i "s/^dynamic = .*/version = \"$version\"/" /build/pyproject.toml; \
    /cyclonedx/bin/cyclonedx-py environment --output-reproducible --validate --pyproject /build/pyproject.toml \
      --output-file /sbom.cdx.json /rootfs/opt/venv

FROM scratch AS sbom
COPY --from=packages /sbom.cdx.json /

FROM ${BASE}
LABEL org.opencontainers.image.title="quilt-mcp-server" \
      org.opencontainers.image.source="https://github.com/quiltdata/quilt.mcp_server"
COPY --from=build /rootfs/ /
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /tmp
# The root is read-only, so ECS mounts a volume here. On Fargate it is root's own folder unless the image declares it.
VOLUME ["/tmp"]
EXPOSE 8000
STOPSIGNAL SIGTERM
# ECS does not read HEALTHCHECK; its task definition runs the same module.
HEALTHCHECK --interval=30s --timeout=6s --start-period=30s --retries=3 \
    CMD ["python3", "-m", "quilt_mcp_server.healthcheck"]
ENTRYPOINT ["python3", "-m", "quilt_mcp_server"]
