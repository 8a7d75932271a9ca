/* Exports something else under the name of the descriptor. */
#pragma GCC visibility push(default)
int vane_plugin(void);
int vane_plugin(void)
{
    return 1;
}
