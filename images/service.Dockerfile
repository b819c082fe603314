# The image of one service: Node, and the bundle that `node images/bundle.ts <service>` wrote to dist/<service>. There is
# no shell, no package manager and nothing to write to; images/dockerfile.test.ts holds it to that. Build it with
#   docker buildx build --file images/service.Dockerfile --build-arg SERVICE=order .

# Node 24 on Debian 13. Renovate moves the tag's digest; node_modules' own Node is to be the same version, for the bundle's
# compile cache is that version's.
ARG NODE_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e

FROM ${NODE_IMAGE}
ARG NODE_IMAGE
ARG SERVICE
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="millrace/${SERVICE}" \
      org.opencontainers.image.description="The service ${SERVICE} of Millrace, bundled" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"
ENV NODE_ENV=production
WORKDIR /app
# Owned by root, so that the service could not change its own program even where a file system may be written.
COPY --link --chown=0:0 dist/${SERVICE}/ /app/
# The number, because Kubernetes cannot know who a name is; the one of charts/pod.ts.
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/nodejs/bin/node", "start.js"]
