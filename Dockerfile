# The page and the server in one image.
#
#   docker build -t lookalike .
#   docker run -p 8000:8000 -v lookalike:/data lookalike
#
# Then open http://localhost:8000/. For another model add -e LOOKALIKE_MODEL=https://…/model.json, or mount its folder
# with -v and name that.

FROM node:22-slim AS javascript
WORKDIR /app/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund

FROM python:3.13-slim AS build
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY backend backend
COPY frontend frontend
# Editable, as in a clone, so that the site is built and found beside the sources.
RUN pip install --no-cache-dir -c constraints.txt -e '.[server]'
COPY --from=javascript /app/frontend/node_modules frontend/node_modules
# Node.js runs Pyodide, which compiles the Python modules of the browser.
COPY --from=javascript /usr/local/bin/node /usr/local/bin/node
RUN lookalike setup --without-model && rm -rf frontend/node_modules

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home lookalike && install --directory --owner lookalike /data
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LOOKALIKE_HOST=0.0.0.0 \
    LOOKALIKE_DATA=/data
USER lookalike
VOLUME /data
EXPOSE 8000
# The first start compresses the model, or downloads another one, before the server answers.
HEALTHCHECK --start-period=120s --timeout=5s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/api/v1/health', timeout=4)"]
CMD ["lookalike", "serve"]
