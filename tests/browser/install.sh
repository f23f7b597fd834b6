#!/bin/sh
# Chromium, a Japanese font and axe-core for the browser tests. What is not available is said; the tests then decide.
cd "$(dirname "$0")/../.." || exit 1
if ! command -v chromium-headless-shell >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    (apt-get update -qq && apt-get install -y -qq chromium-headless-shell fonts-noto-cjk) >/dev/null 2>&1 \
        || echo "Chromium could not be installed; install it as your system does it to run the browser tests."
fi
if [ -f package.json ] && [ ! -f node_modules/axe-core/axe.min.js ]; then
    npm install --silent --no-audit --no-fund >/dev/null 2>&1 \
        || echo "axe-core could not be installed; install Node and run npm install to check accessibility."
fi
exit 0
