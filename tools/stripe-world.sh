#!/bin/sh
# Stripe World, an emulator of Stripe by others (MIT): `stripe-world.sh install FOLDER PINS` puts it into
# FOLDER, `stripe-world.sh run FOLDER COMMAND …` runs the command while it serves; STRIPE_EMULATOR is then its
# address. It wants Python 3.14, which Pyodide brings for Node, so no Python of this machine is asked.
set -eu
here=$(dirname "$0")
case $1 in
install)
  python3 -m venv --clear "$2"
  # The last platform is for PyYAML, whose Python does without what is compiled.
  "$2/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --python-version 3.14 --implementation cp --dest "$2/wheels" \
    --platform any --platform pyemscripten_2026_0_wasm32 --platform manylinux_2_28_x86_64 \
    --platform manylinux2014_x86_64 -r "$3"
  npm install --silent --no-audit --no-fund --prefix "$2" pyodide@314.0.7
  ;;
run)
  folder=$2
  shift 2
  log=$(mktemp)
  node "$here/stripe_world.mjs" "$folder" >"$log" 2>&1 &
  server=$!
  trap 'kill "$server" 2>/dev/null || true; rm -f "$log"' EXIT
  tries=0
  until address=$(grep -o 'http://127.0.0.1:[0-9]*' "$log"); do
    tries=$((tries + 1))
    if [ "$tries" -gt 240 ] || ! kill -0 "$server"; then
      cat "$log"
      exit 1
    fi
    sleep 0.5
  done
  STRIPE_EMULATOR="$address" "$@"
  ;;
esac
