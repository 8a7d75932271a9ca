/* Exports something else under the name of the descriptor. */
int vane_plugin __attribute__((visibility("default"))) = 1;
