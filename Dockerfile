# One image a service, and one for the demonstration: docker build --target ingest .
# Every package is a pinned, hashed wheel, so no stage needs a compiler. (No `syntax` line: any engine's parser does.
# The trainer stands last, because an engine without BuildKit makes every stage before the one that it is asked for.)
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /src
COPY requirements/build.txt requirements/
RUN pip install --no-cache-dir --quiet --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY schemas schemas
COPY libs libs
COPY services services
RUN python -m build --wheel --no-isolation --outdir dist . >build.log \
 && pip install --no-cache-dir --quiet --no-deps --target /opt/fedswipe dist/*.whl

FROM ${PYTHON_IMAGE} AS runtime
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="FedSwipe" \
      org.opencontainers.image.description="Federated learning for swipe keyboards on Apache Kafka" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
# A volume that is mounted on a folder of the image takes that folder's owner.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin fedswipe \
 && install -d -o 10001 /run/fedswipe /report
# One CPU name at build and run: the code that numba made in `compiled` fits every machine, with the same bits.
ENV PATH=/opt/fedswipe/bin:$PATH PYTHONPATH=/opt/fedswipe PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES= NUMBA_CACHE_DIR=/opt/numba \
    NUMBA_CACHE_LOCATOR_CLASSES=fedswipe.swipe.shipped_code.ShippedCode \
    HTTP_HOST=0.0.0.0
WORKDIR /tmp

FROM runtime AS ingest
COPY requirements/ingest.txt /requirements/
RUN pip install --no-cache-dir --quiet --require-hashes -r /requirements/ingest.txt
COPY --from=wheel /opt/fedswipe /opt/fedswipe
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 CMD ["python", "-m", "fedswipe.http.ready", "8000"]
CMD ["python", "-m", "services.ingest.app"]

FROM runtime AS aggregator
COPY requirements/aggregator.txt /requirements/
RUN pip install --no-cache-dir --quiet --require-hashes -r /requirements/aggregator.txt
COPY --from=wheel /opt/fedswipe /opt/fedswipe
USER 10001
EXPOSE 8003
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 CMD ["python", "-m", "fedswipe.http.ready", "8003"]
CMD ["python", "-m", "services.aggregator.app"]

# What predictor and trainer share: numba and onnxruntime.
FROM runtime AS numeric
COPY requirements/predictor.txt /requirements/
RUN pip install --no-cache-dir --quiet --require-hashes -r /requirements/predictor.txt

FROM numeric AS compiled
COPY --from=wheel /opt/fedswipe /opt/fedswipe
RUN NUMBA_CACHE_LOCATOR_CLASSES=UserProvidedCacheLocator python -m fedswipe.warm_up

FROM numeric AS predictor
COPY --from=wheel /opt/fedswipe /opt/fedswipe
COPY --from=compiled /opt/numba /opt/numba
USER 10001
EXPOSE 8001
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 CMD ["python", "-m", "fedswipe.http.ready", "8001"]
CMD ["python", "-m", "services.predictor.app"]

FROM runtime AS demo
COPY requirements/demo.txt /requirements/
RUN pip install --no-cache-dir --quiet --require-hashes -r /requirements/demo.txt
COPY --from=wheel /opt/fedswipe /opt/fedswipe
COPY --from=compiled /opt/numba /opt/numba
USER 10001
WORKDIR /report
ENV MPLCONFIGDIR=/tmp
ENTRYPOINT ["fedswipe", "demo"]

FROM numeric AS trainer
# For a build of torch without CUDA: --build-arg TORCH="torch --index-url ADDRESS"
ARG TORCH="--require-hashes -r /requirements/train.txt"
COPY requirements/trainer.txt requirements/train.txt /requirements/
RUN pip install --no-cache-dir --quiet --require-hashes -r /requirements/trainer.txt \
 && pip install --no-cache-dir --quiet ${TORCH}
COPY --from=wheel /opt/fedswipe /opt/fedswipe
COPY --from=compiled /opt/numba /opt/numba
USER 10001
EXPOSE 8002
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 CMD ["python", "-m", "fedswipe.http.ready", "8002"]
CMD ["python", "-m", "services.trainer.app"]
