#!/bin/sh
# Sees to the browser that tests of the pages need: Debian's Chromium and a font. Installs them where
# none is found and this is root on a machine with apt-get; never fails, for without a browser those
# tests are skipped with the reason. BROWSER=no leaves the machine as it is.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$BROWSER" = no ]; then
  echo "No Chromium; tests in a browser are skipped (BROWSER=no)."
elif [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "No Chromium; tests in a browser are skipped. On Debian: apt-get install chromium fonts-noto-core"
else
  echo "Installing Chromium for the tests in a browser (BROWSER=no to do without) ..."
  export DEBIAN_FRONTEND=noninteractive
  { timeout 120 apt-get update -qq -o Acquire::Retries=0 &&
    timeout 600 apt-get install -qq -y --no-install-recommends chromium fonts-noto-core
  } </dev/null >/dev/null 2>&1 || echo "It could not be installed; tests in a browser are skipped."
fi
exit 0
