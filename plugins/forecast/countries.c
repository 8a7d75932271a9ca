/* countries - see countries.h. The folder is found from where the plugin was loaded. */
#include "plugins/forecast/countries.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CODE_MOST = 32 };

/* Any address in this plugin tells where it was loaded from. */
static const char here[] = "here";

/* In a build tree, and where it is installed. NULL: neither is there. */
static char *find_folder(void)
{
    static const char *const places[] = { "../holidays", "../../../share/vane/config/holidays" };
    Dl_info info;
    char plugin[PATH_MAX], folder[2 * PATH_MAX];
    if (!dladdr(here, &info) || !realpath(info.dli_fname, plugin))
        return NULL;
    int length = (int)(strrchr(plugin, '/') - plugin);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(folder, sizeof folder, "%.*s/%s", length, plugin, places[i]);
        if (access(folder, R_OK) == 0)
            return realpath(folder, NULL);
    }
    return NULL;
}

static int is_country(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".csv") == 0;
}

/* "...; there are CN, DE, ..." */
static bool fail_unknown(const char *country, const char *folder, struct prophet_error *err)
{
    struct dirent **names;
    int count = scandir(folder, &names, is_country, alphasort);
    size_t at = (size_t)snprintf(err->text, sizeof err->text, "there are no holidays of \"%.20s\"; there are", country);
    for (int i = 0; i < count; i++) {
        int code = (int)strlen(names[i]->d_name) - 4;
        if (at + (size_t)code + 3 < sizeof err->text)
            at += (size_t)snprintf(err->text + at, sizeof err->text - at, "%s %.*s", i ? "," : "", code,
                                   names[i]->d_name);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    return false;
}

static bool is_code(const char *country)
{
    size_t length = strspn(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_");
    return length > 0 && length < CODE_MOST && !country[length];
}

bool countries_read(const char *country, struct prophet_calendar *out, struct prophet_error *err)
{
    char *folder = find_folder(), path[PATH_MAX + CODE_MOST + 8];
    *out = (struct prophet_calendar){ 0 };
    if (!folder) {
        snprintf(err->text, sizeof err->text,
                 "the folder of holidays (share/vane/config/holidays) is not where the plugin expects it");
        return false;
    }
    snprintf(path, sizeof path, "%s/%s.csv", folder, is_code(country) ? country : "");
    bool there = is_code(country) && access(path, R_OK) == 0;
    bool done = there ? prophet_calendar_read(path, out, err) : fail_unknown(country, folder, err);
    free(folder);
    return done;
}
