/* c_locale - the locale "C" for the tests of a group that need one. */
#pragma once
#include <locale.h>

static locale_t c_locale;

static int make_locale(void **state)
{
    (void)state;
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return c_locale ? 0 : -1;
}

static int free_locale(void **state)
{
    (void)state;
    freelocale(c_locale);
    return 0;
}
