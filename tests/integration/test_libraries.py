"""Libraries of the shipped recipes: made from real sources, linked into a module, called in real runtimes.

The small ones are in the default run; the others take minutes each and are marked ``long``. What a library
answers is known without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from real_host import pyodide_abi

from pyodide_abi.libraries import Catalogue
from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("libraries")]


@value
class Use:
    """A call of a library.

    Attributes:
        packages: what pkg-config is asked for.
        headers: what is included.
        body: of a C function that gives what Python's ``Py_BuildValue`` made of the answer.
        answer: as Python prints it.
        compiler: The variable that names it.
    """

    packages: str
    headers: tuple[str, ...]
    body: str
    answer: str
    compiler: str = "CC"


USES = {
    "libffi": Use(
        packages="libffi",
        headers=("ffi.h",),
        body="ffi_cif cif; ffi_type *types[] = {&ffi_type_sint, &ffi_type_sint}; int a = 40, b = 2;\n"
        "void *values[] = {&a, &b}; ffi_arg sum;\n"
        "if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 2, &ffi_type_sint, types) != FFI_OK) return NULL;\n"
        "ffi_call(&cif, FFI_FN(add), &sum, values); return PyLong_FromLong((int)sum);",
        answer="42",
    ),
    "libyaml": Use(
        packages="yaml-0.1",
        headers=("yaml.h",),
        body='yaml_parser_t p; yaml_event_t e; const char *text = "spam: 42"; int last, scalars = 0;\n'
        "if (!yaml_parser_initialize(&p)) return NULL;\n"
        "yaml_parser_set_input_string(&p, (const unsigned char *)text, 8);\n"
        "do { if (!yaml_parser_parse(&p, &e)) return NULL; last = e.type == YAML_STREAM_END_EVENT;\n"
        "  scalars += e.type == YAML_SCALAR_EVENT; yaml_event_delete(&e); } while (!last);\n"
        "yaml_parser_delete(&p); return PyLong_FromLong(scalars);",
        answer="2",
    ),
    "libjpeg-turbo": Use(
        packages="libjpeg",
        headers=("stdio.h", "jpeglib.h"),
        body="struct jpeg_compress_struct c; struct jpeg_error_mgr e; unsigned char *out = NULL;\n"
        "unsigned long size = 0; JSAMPLE pixels[64] = {0}; JSAMPROW row = pixels;\n"
        "c.err = jpeg_std_error(&e); jpeg_create_compress(&c); jpeg_mem_dest(&c, &out, &size);\n"
        "c.image_width = 8; c.image_height = 8; c.input_components = 1; c.in_color_space = JCS_GRAYSCALE;\n"
        "jpeg_set_defaults(&c); jpeg_start_compress(&c, TRUE);\n"
        "while (c.next_scanline < 8) jpeg_write_scanlines(&c, &row, 1);\n"
        "jpeg_finish_compress(&c); jpeg_destroy_compress(&c);\n"
        'return Py_BuildValue("(iiii)", out[0], out[1], out[size - 2], out[size - 1]);',
        # The markers SOI and EOI (ITU T.81, table B.1).
        answer="(255, 216, 255, 217)",
    ),
    "libwebp": Use(
        packages="libwebp",
        headers=("webp/encode.h", "webp/decode.h"),
        body="uint8_t pixels[4 * 4 * 3] = {0}, *out = NULL; int w = 0, h = 0;\n"
        "size_t size = WebPEncodeLosslessRGB(pixels, 4, 4, 12, &out);\n"
        "WebPGetInfo(out, size, &w, &h); WebPFree(out);\n"
        'return Py_BuildValue("(ii)", w, h);',
        answer="(4, 4)",
    ),
    "libxml2": Use(
        packages="libxml-2.0",
        headers=("libxml/parser.h", "libxml/xpath.h"),
        body='xmlDocPtr d = xmlReadMemory("<a><b>1</b><b>41</b></a>", 24, "", "iso-8859-15", 0);\n'
        "xmlXPathContextPtr c = xmlXPathNewContext(d);\n"
        'xmlXPathObjectPtr o = xmlXPathEval((const xmlChar *)"sum(//b)", c);\n'
        "return PyFloat_FromDouble(o->floatval);",
        answer="42.0",
    ),
    "libxslt": Use(
        packages="libxslt libexslt",
        headers=("string.h", "libxslt/transform.h", "libxslt/xsltutils.h", "libexslt/exslt.h"),
        body="const char *sheet = \"<x:stylesheet version='1.0' xmlns:x='http://www.w3.org/1999/XSL/Transform'>\"\n"
        "\"<x:output method='text'/><x:template match='/'><x:value-of select='count(//b)'/></x:template>\"\n"
        '"</x:stylesheet>"; xmlChar *out; int size; exsltRegisterAll();\n'
        'xmlDocPtr d = xmlReadMemory("<a><b/><b/></a>", 15, "", NULL, 0);\n'
        'xmlDocPtr t = xmlReadMemory(sheet, (int)strlen(sheet), "", NULL, 0);\n'
        "xsltStylesheetPtr s = xsltParseStylesheetDoc(t);\n"
        "xsltSaveResultToString(&out, &size, xsltApplyStylesheet(s, d, NULL), s);\n"
        "return PyUnicode_FromStringAndSize((const char *)out, size);",
        answer="2",
    ),
    "openjpeg": Use(
        packages="libopenjp2",
        headers=("openjpeg.h",),
        body="opj_cparameters_t p; opj_image_cmptparm_t c[2] = {0}; opj_set_default_encoder_parameters(&p);\n"
        "for (int i = 0; i < 2; i++) { c[i].w = c[i].h = 8; c[i].dx = c[i].dy = 1; c[i].prec = 8; }\n"
        "opj_image_t *i = opj_image_create(2, c, OPJ_CLRSPC_GRAY); i->x1 = i->y1 = 8;\n"
        "p.numresolution = 1; opj_codec_t *k = opj_create_compress(OPJ_CODEC_J2K);\n"
        'return Py_BuildValue("(iii)", opj_setup_encoder(k, &p, i), i->numcomps, i->comps[1].w);',
        answer="(1, 2, 8)",
    ),
    "zstd": Use(
        packages="libzstd",
        headers=("string.h", "zstd.h"),
        body="char in[1000], out[1000], back[1000]; memset(in, 'x', 1000);\n"
        "size_t size = ZSTD_compress(out, 1000, in, 1000, 3);\n"
        "size_t whole = ZSTD_decompress(back, 1000, out, size);\n"
        'return Py_BuildValue("(iii)", size < 100, (int)whole, memcmp(in, back, 1000));',
        answer="(1, 1000, 0)",
    ),
    "brotli": Use(
        packages="libbrotlienc libbrotlidec libbrotlicommon",
        headers=("string.h", "brotli/encode.h", "brotli/decode.h"),
        body="uint8_t in[1000], out[1000], back[1000]; size_t size = 1000, whole = 1000;\n"
        "memset(in, 'x', 1000);\n"
        "BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_DEFAULT_MODE, 1000, in, &size, out);\n"
        "BrotliDecoderDecompress(size, out, &whole, back);\n"
        'return Py_BuildValue("(iii)", size < 100, (int)whole, memcmp(in, back, 1000));',
        answer="(1, 1000, 0)",
    ),
    "gmp": Use(
        packages="gmp",
        headers=("gmp.h",),
        body="mpz_t n; mpz_init(n); mpz_fac_ui(n, 30); char *text = mpz_get_str(NULL, 10, n);\n"
        "PyObject *made = PyUnicode_FromString(text); mpz_clear(n); return made;",
        answer="265252859812191058636308480000000",
    ),
    "mpfr": Use(
        packages="mpfr gmp",
        headers=("mpfr.h",),
        body="mpfr_t x; char text[64]; mpfr_init2(x, 200); mpfr_const_pi(x, MPFR_RNDN);\n"
        'mpfr_snprintf(text, 64, "%.40Rf", x); mpfr_clear(x); return PyUnicode_FromString(text);',
        answer="3.1415926535897932384626433832795028841972",
    ),
    "libpng": Use(
        packages="libpng",
        headers=("string.h", "png.h"),
        body="png_image i; memset(&i, 0, sizeof i); unsigned char pixels[16] = {0}, out[500];\n"
        "png_alloc_size_t size = 500; i.version = PNG_IMAGE_VERSION; i.width = i.height = 4;\n"
        "i.format = PNG_FORMAT_GRAY;\n"
        "if (!png_image_write_to_memory(&i, out, &size, 0, pixels, 0, NULL)) return NULL;\n"
        "png_image j; memset(&j, 0, sizeof j); j.version = PNG_IMAGE_VERSION;\n"
        "if (!png_image_begin_read_from_memory(&j, out, size)) return NULL;\n"
        "return Py_BuildValue(\"(iii)\", out[1] == 'P', (int)j.width, (int)j.height);",
        answer="(1, 4, 4)",
    ),
    "freetype": Use(
        packages="freetype2",
        headers=("ft2build.h", "freetype/freetype.h", "freetype/fttrigon.h"),
        body="FT_Library library; FT_Vector v = {3 << 16, 4 << 16}; int major = 0, minor = 0, patch = 0;\n"
        "if (FT_Init_FreeType(&library)) return NULL;\n"
        "FT_Library_Version(library, &major, &minor, &patch); FT_Done_FreeType(library);\n"
        'return Py_BuildValue("(il)", major, FT_Vector_Length(&v) >> 16);',
        answer="(2, 5)",
    ),
    "mpc": Use(
        packages="mpc mpfr gmp",
        headers=("mpc.h",),
        body="mpc_t z; mpc_init2(z, 100); mpc_set_si_si(z, 3, 4, MPC_RNDNN); mpc_sqr(z, z, MPC_RNDNN);\n"
        "double real = mpfr_get_d(mpc_realref(z), MPFR_RNDN);\n"
        "double imaginary = mpfr_get_d(mpc_imagref(z), MPFR_RNDN);\n"
        'mpc_clear(z); return Py_BuildValue("(dd)", real, imaginary);',
        answer="(-7.0, 24.0)",
    ),
    "libtiff": Use(
        packages="libtiff-4 libjpeg",
        headers=("stdio.h", "tiffio.h"),
        body='TIFF *t = TIFFOpen("/tmp/x.tif", "w"); uint32_t width = 0;\n'
        "unsigned char row[4] = {1, 2, 3, 4};\n"
        "TIFFSetField(t, TIFFTAG_IMAGEWIDTH, 4); TIFFSetField(t, TIFFTAG_IMAGELENGTH, 1);\n"
        "TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8); TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_LZW);\n"
        "TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);\n"
        "TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 1);\n"
        "TIFFWriteScanline(t, row, 0, 0); TIFFClose(t); row[3] = 0;\n"
        't = TIFFOpen("/tmp/x.tif", "r"); TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &width);\n'
        "TIFFReadScanline(t, row, 0, 0); TIFFClose(t);\n"
        'return Py_BuildValue("(ii)", (int)width, row[3]);',
        answer="(4, 4)",
    ),
    "snappy": Use(
        packages="snappy",
        headers=("string.h", "snappy-c.h"),
        body="char in[1000], out[2000], back[1000]; size_t size = 2000, whole = 1000;\n"
        "memset(in, 'x', 1000); snappy_compress(in, 1000, out, &size);\n"
        "snappy_uncompress(out, size, back, &whole);\n"
        'return Py_BuildValue("(iii)", size < 100, (int)whole, memcmp(in, back, 1000));',
        answer="(1, 1000, 0)",
    ),
    "openssl": Use(
        packages="libssl libcrypto",
        headers=("openssl/evp.h", "openssl/ssl.h"),
        body="unsigned char out[32]; unsigned int size = 0;\n"
        'EVP_Digest("abc", 3, out, &size, EVP_sha256(), NULL);\n'
        "SSL_CTX *c = SSL_CTX_new(TLS_method()); int made = c != NULL; SSL_CTX_free(c);\n"
        'return Py_BuildValue("(iiii)", (int)size, out[0], out[31], made);',
        # FIPS 180-4's example, ba7816bf … f20015ad.
        answer="(32, 186, 173, 1)",
    ),
    "eigen": Use(
        packages="eigen3",
        headers=("Eigen/Dense",),
        body="Eigen::Matrix2d m; m << 2, 1, 1, 3; Eigen::Vector2d b(3, 4), x = m.fullPivLu().solve(b);\n"
        'return Py_BuildValue("(ii)", (int)(x[0] + 0.5), (int)(x[1] + 0.5));',
        answer="(1, 1)",
        compiler="CXX",
    ),
    "boost": Use(
        packages="",
        headers=(
            "boost/rational.hpp",
            "boost/multi_index_container.hpp",
            "boost/math/special_functions/gamma.hpp",
        ),
        body="boost::rational<int> r(1, 2); r += boost::rational<int>(1, 3);\n"
        'return Py_BuildValue("(iid)", r.numerator(), r.denominator(), boost::math::tgamma(5.0));',
        answer="(5, 6, 24.0)",
        compiler="CXX",
    ),
    "hdf5": Use(
        packages="hdf5 hdf5_hl",
        headers=("hdf5.h", "hdf5_hl.h"),
        body='hid_t f = H5Fcreate("/tmp/x.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);\n'
        "hsize_t size = 3; int in[3] = {1, 2, 39}, out[3] = {0};\n"
        'int made = H5LTmake_dataset_int(f, "/spam", 1, &size, in); H5Fclose(f);\n'
        'f = H5Fopen("/tmp/x.h5", H5F_ACC_RDONLY, H5P_DEFAULT);\n'
        'int read = H5LTread_dataset_int(f, "/spam", out); H5Fclose(f);\n'
        'return Py_BuildValue("(iii)", made, read, out[0] + out[1] + out[2]);',
        answer="(0, 0, 42)",
    ),
    "geos": Use(
        packages="--static geos",
        headers=("stdarg.h", "geos_c.h"),
        body="double area = 0; GEOSContextHandle_t g = GEOS_init_r();\n"
        "GEOSWKTReader *r = GEOSWKTReader_create_r(g);\n"
        'GEOSGeometry *p = GEOSWKTReader_read_r(g, r, "POLYGON((0 0, 0 3, 4 0, 0 0))");\n'
        "GEOSArea_r(g, p, &area); GEOSGeom_destroy_r(g, p); GEOSWKTReader_destroy_r(g, r);\n"
        "GEOS_finish_r(g); return PyFloat_FromDouble(area);",
        answer="6.0",
        compiler="CXX",
    ),
    "libogg": Use(
        packages="ogg",
        headers=("ogg/ogg.h",),
        body="oggpack_buffer b; oggpack_writeinit(&b); oggpack_write(&b, 5, 3);\n"
        "int first = oggpack_get_buffer(&b)[0]; long bits = oggpack_bits(&b); oggpack_writeclear(&b);\n"
        'return Py_BuildValue("(ii)", first, (int)bits);',
        answer="(5, 3)",
    ),
    "flac": Use(
        packages="flac",
        headers=("FLAC/stream_encoder.h",),
        body="FLAC__StreamEncoder *e = FLAC__stream_encoder_new(); FLAC__int32 samples[64] = {0};\n"
        "FLAC__stream_encoder_set_channels(e, 1);\n"
        'int begun = FLAC__stream_encoder_init_file(e, "/tmp/x.flac", NULL, NULL);\n'
        "int written = FLAC__stream_encoder_process_interleaved(e, samples, 64);\n"
        "int ended = FLAC__stream_encoder_finish(e); FLAC__stream_encoder_delete(e);\n"
        'return Py_BuildValue("(iii)", begun, written, ended);',
        answer="(0, 1, 1)",
    ),
    "libvorbis": Use(
        packages="vorbisenc vorbis ogg",
        headers=("vorbis/vorbisenc.h",),
        body="vorbis_info i; vorbis_comment c; vorbis_dsp_state d; ogg_packet a, b, e;\n"
        "vorbis_info_init(&i); vorbis_comment_init(&c);\n"
        "int begun = vorbis_encode_init_vbr(&i, 2, 44100, 0.4f) || vorbis_analysis_init(&d, &i);\n"
        "vorbis_analysis_headerout(&d, &c, &a, &b, &e);\n"
        'return Py_BuildValue("(iis#)", begun, a.packet[0], a.packet + 1, (Py_ssize_t)6);',
        # The identification header (Vorbis I specification, section 4.2.1).
        answer="(0, 1, 'vorbis')",
    ),
    "opus": Use(
        packages="opus",
        headers=("opus.h",),
        body="opus_int16 in[960] = {0}, out[960]; unsigned char packet[4000]; int error;\n"
        "OpusEncoder *e = opus_encoder_create(48000, 1, OPUS_APPLICATION_AUDIO, &error);\n"
        "int size = opus_encode(e, in, 960, packet, 4000); opus_encoder_destroy(e);\n"
        "OpusDecoder *d = opus_decoder_create(48000, 1, &error);\n"
        "int samples = opus_decode(d, packet, size, out, 960, 0); opus_decoder_destroy(d);\n"
        'return Py_BuildValue("(ii)", size > 0, samples);',
        answer="(1, 960)",
    ),
    "libsndfile": Use(
        packages="--static sndfile",
        headers=("sndfile.h",),
        body="short in[441], out[441] = {0}; long read[3] = {0};\n"
        "for (int i = 0; i < 441; i++) in[i] = (short)(i * 70);\n"
        "int formats[] = {SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,\n"
        "                 SF_FORMAT_OGG | SF_FORMAT_OPUS};\n"
        "int rates[] = {44100, 44100, 48000};\n"
        "for (int k = 0; k < 3; k++) {\n"
        "  SF_INFO i = {0}; i.samplerate = rates[k]; i.channels = 1; i.format = formats[k];\n"
        '  SNDFILE *f = sf_open("/tmp/x.snd", SFM_WRITE, &i); if (!f) continue;\n'
        "  sf_write_short(f, in, 441); sf_close(f); i.format = 0;\n"
        '  f = sf_open("/tmp/x.snd", SFM_READ, &i); if (!f) continue;\n'
        "  read[k] = (long)sf_read_short(f, out, 441); sf_close(f);\n"
        "  if (k < 2 && out[440] != in[440]) read[k] = -1; }\n"
        'return Py_BuildValue("(lll)", read[0], read[1], read[2]);',
        answer="(441, 441, 441)",
    ),
    "abseil": Use(
        packages="absl_strings absl_flat_hash_map",
        headers=("absl/strings/str_cat.h", "absl/container/flat_hash_map.h"),
        body="absl::flat_hash_map<std::string, int> m; m[absl::StrCat(4, 2)] = 1; m[absl::StrCat(42)] += 1;\n"
        'return Py_BuildValue("(ii)", (int)m.size(), m["42"]);',
        answer="(1, 2)",
        compiler="CXX",
    ),
    "re2": Use(
        packages="re2",
        headers=("re2/re2.h",),
        body="int n = 0; std::string word;\n"
        'bool found = RE2::FullMatch("spam:42", "(\\\\w+):(\\\\d+)", &word, &n);\n'
        'return Py_BuildValue("(isi)", found, word.c_str(), n);',
        answer="(1, 'spam', 42)",
        compiler="CXX",
    ),
    "protobuf": Use(
        packages="protobuf",
        headers=("google/protobuf/struct.pb.h",),
        body="google::protobuf::Value in, out; in.set_number_value(42);\n"
        "std::string text = in.SerializeAsString(); bool read = out.ParseFromString(text);\n"
        'return Py_BuildValue("(iid)", (int)text.size(), read, out.number_value());',
        # The tag, and eight bytes of a double.
        answer="(9, 1, 42.0)",
        compiler="CXX",
    ),
    "gsl": Use(
        packages="gsl",
        headers=("gsl/gsl_sf_bessel.h", "gsl/gsl_linalg.h"),
        body="double m[] = {2, 1, 1, 3}, v[] = {3, 4}; int sign; gsl_vector *x = gsl_vector_alloc(2);\n"
        "gsl_matrix_view a = gsl_matrix_view_array(m, 2, 2);\n"
        "gsl_vector_view b = gsl_vector_view_array(v, 2);\n"
        "gsl_permutation *p = gsl_permutation_alloc(2); gsl_linalg_LU_decomp(&a.matrix, p, &sign);\n"
        "gsl_linalg_LU_solve(&a.matrix, p, &b.vector, x);\n"
        "int first = (int)(gsl_vector_get(x, 0) + 0.5), second = (int)(gsl_vector_get(x, 1) + 0.5);\n"
        'return Py_BuildValue("(iid)", first, second, gsl_sf_bessel_J0(0.0));',
        answer="(1, 1, 1.0)",
    ),
    "sqlite": Use(
        packages="sqlite3",
        headers=("sqlite3.h",),
        body='sqlite3 *d; sqlite3_stmt *s; if (sqlite3_open(":memory:", &d)) return NULL;\n'
        "sqlite3_prepare_v2(d, \"select sum(value) from json_each('[1, 41]')\", -1, &s, NULL);\n"
        "sqlite3_step(s);\n"
        "int sum = sqlite3_column_int(s, 0); sqlite3_finalize(s); sqlite3_close(d);\n"
        "return PyLong_FromLong(sum);",
        answer="42",
    ),
}
#: Made in a minute or less on a machine with two idle cores.
SMALL = ("libffi", "libyaml")
SOURCE = """\
#include <Python.h>
{headers}
static int add(int a, int b) {{ return a + b; }}
static PyObject *answer(PyObject *self, PyObject *none) {{
(void)add;
{body}
}}
static PyMethodDef methods[] = {{{{"answer", answer, METH_NOARGS, NULL}}, {{NULL, NULL, 0, NULL}}}};
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "used", NULL, -1, methods}};
PyMODINIT_FUNC PyInit_used(void) {{ return PyModule_Create(&module); }}
"""


def test_every_recipe_is_used() -> None:
    assert set(USES) == set(Catalogue.read().recipes)


def used(library: str, platform: str, folder: Path) -> None:
    """Make a library, link it into a module, and call it in a platform's oldest and newest release."""
    use = USES[library]
    headers = "\n".join(f"#include <{name}>" for name in use.headers)
    source = {"CC": "used.c", "CXX": "used.cpp"}[use.compiler]
    (folder / source).write_text(SOURCE.format(headers=headers, body=use.body), "utf-8")
    flags = f"$(pkg-config --cflags --libs python3 {use.packages})"
    compiled = pyodide_abi(
        "exec", "--library", library, "--platform", platform, "--toolchain-mismatch", "allow", "-j", "2",
        "--", "sh", "-ec", f"${use.compiler} $CPPFLAGS -O1 -shared {source} {flags} -o used.so",
        cwd=folder,
    )  # fmt: skip
    assert compiled.returncode == 0, compiled.stderr.decode()
    releases = load_platform(platform).releases
    for release in (releases[0], releases[-1]):
        done = pyodide_abi(
            "run", "-q", "--runtime", release.version, "-c", "import used; print(used.answer())", cwd=folder
        )
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.decode().strip() == use.answer, release.version


@pytest.mark.parametrize("library", SMALL)
def test_small_libraries(library: str, tmp_path: Path) -> None:
    used(library, "314_0", tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("platform", [platform.name for platform in load_platforms()])
@pytest.mark.parametrize("library", sorted(USES))
def test_libraries_of_every_platform(library: str, platform: str, tmp_path: Path) -> None:
    used(library, platform, tmp_path)
