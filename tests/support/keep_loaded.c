/* Preloaded by scripts/sanitize.sh: keeps plugins in memory, so that a leak report can say which one it was. */
int dlclose(void *handle);
int dlclose(void *handle) {
  (void)handle;
  return 0;
}
