/* Debian's build of Lua makes this file. */
#define DEB_HOST_MULTIARCH "wasm32-wasi"
