/* Locales, character sets, texts of numbers, time zones. */
#define _GNU_SOURCE
#include "probe.h"

#include <iconv.h>
#include <langinfo.h>
#include <locale.h>
#include <nl_types.h>
#include <wchar.h>

#define NOWHERE "xx_NOWHERE.UTF-8"

PROBE(setlocale) {
    char *result = setlocale(LC_ALL, NOWHERE);
    VERDICT(!result, "returns \"%s\" for a locale that does not exist", result ? result : "NULL");
}

PROBE(newlocale) {
    locale_t result = newlocale(LC_ALL_MASK, NOWHERE, 0);
    VERDICT(!result, "makes a locale that does not exist");
}

static const char *const sets[] = {
    "ASCII", "UTF-8", "UTF-16", "UTF-32", "UCS-2", "ISO-8859-1", "ISO-8859-15", "CP1252", "KOI8-R", "CP437",
    "SHIFT_JIS", "EUC-JP", "ISO-2022-JP", "GB2312", "GBK", "GB18030", "BIG5", "EUC-KR", "UTF-7", "EUC-TW",
    "MACINTOSH", "IBM037", "VISCII", "JOHAB", "TIS-620", "GEORGIAN-PS", "ARMSCII-8", 0};

PROBE(iconv_open) {
    char missing[sizeof seen] = "";
    for (const char *const *set = sets; *set; set++) {
        iconv_t from = iconv_open("UTF-8", *set), to = iconv_open(*set, "UTF-8");
        if (from == (iconv_t)-1 || to == (iconv_t)-1) {
            strcat(missing, " ");
            strcat(missing, *set);
            if (from != (iconv_t)-1) strcat(missing, " (to)");
        }
    }
    VERDICT(!*missing, "has not:%s", missing);
}

PROBE(iconv) {
    char in[] = "h\xc3\xa9", out[8] = "", *from = in, *to = out;
    size_t left = 3, room = 8;
    iconv_t job = iconv_open("ASCII//TRANSLIT", "UTF-8");
    size_t result = job == (iconv_t)-1 ? (size_t)-2 : iconv(job, &from, &left, &to, &room);
    VERDICT(result != (size_t)-2 && (out[1] == '?' || out[1] == 'e'), "returns %d, and \"%s\" for an e with an accent", (int)result, out);
}

PROBE(strcoll) {
    const char *set = setlocale(LC_ALL, "en_US.UTF-8");
    VERDICT(!set || strcoll("a", "B") < 0, "sorts by bytes in a locale that setlocale accepts");
}

PROBE(catopen) {
    nl_catd result = catopen("nothing", 0);
    VERDICT(result == (nl_catd)-1, "opens what does not exist");
}

PROBE(tzset) {
    time_t zero = 0;
    setenv("TZ", "EST5EDT", 1);
    tzset();
    struct tm *local = localtime(&zero);
    VERDICT(local->tm_hour == 19 && timezone == 5 * 3600, "hour %d for TZ=EST5EDT, timezone %ld", local->tm_hour, timezone);
}

PROBE(localtime) {
    time_t zero = 0;
    setenv("TZ", "EST5EDT", 1);
    tzset();
    int hour = localtime(&zero)->tm_hour;
    VERDICT(hour == 19, "hour %d for TZ=EST5EDT", hour);
}

PROBE(mktime) {
    setenv("TZ", "EST5EDT", 1);
    tzset();
    struct tm when = {0};
    when.tm_year = 70;
    when.tm_mday = 1;
    long seconds = (long)mktime(&when);
    VERDICT(seconds == 5 * 3600, "%ld seconds for TZ=EST5EDT", seconds);
}

#define THIRD (1.0L / 3)
static int is_third(const char *text, const char *function) {
    char *end;
    (void)function;
    long double error = strtold(text, &end) - THIRD;
    VERDICT((error < 0 ? -error : error) < 0x1p-60L, "gives %s for a third", text);
}

PROBE(printf) {
    char text[100];
    snprintf(text, sizeof text, "%.33Lg", THIRD);
    return is_third(text, "printf");
}

PROBE(strtold) {
    volatile long double third = THIRD;
    long double error = strtold("0.333333333333333333333333333333333333333333", 0) - third;
    VERDICT((error < 0 ? -error : error) < 0x1p-60L, "is off by %g", (double)error);
}

PROBE(wcstold) {
    volatile long double third = THIRD;
    long double error = wcstold(L"0.333333333333333333333333333333333333333333", 0) - third;
    VERDICT((error < 0 ? -error : error) < 0x1p-60L, "is off by %g", (double)error);
}

PROBE(scanf) {
    volatile long double third = THIRD;
    long double got = 0;
    sscanf("0.333333333333333333333333333333333333333333", "%Lf", &got);
    long double error = got - third;
    VERDICT((error < 0 ? -error : error) < 0x1p-60L, "is off by %g", (double)error);
}

PROBE(nl_langinfo) {
    setlocale(LC_ALL, "C.UTF-8");
    const char *set = nl_langinfo(CODESET);
    VERDICT(!strcmp(set, "UTF-8"), "the code set is %s", set);
}

PROBE(syslog) { VERDICT(1, "has no result"); }

const Probe text_probes[] = {
    ENTRY(setlocale), ENTRY(newlocale), ENTRY(iconv_open), ENTRY(iconv), ENTRY(strcoll), ENTRY(catopen), ENTRY(tzset),
    ENTRY(localtime), ENTRY(mktime), ENTRY(printf), ENTRY(strtold), ENTRY(wcstold), ENTRY(scanf), ENTRY(nl_langinfo), END};
