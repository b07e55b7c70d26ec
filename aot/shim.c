/* Calls compiled kernels with Python objects: the module skmlp._aot.

   Limited API of Python 3.11 and NumPy's C API. What a caller may get wrong is checked here,
   since kernels check nothing: see README.md. kernels.h is written by header.py. */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <numpy/arrayobject.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#ifdef _M_X64
#include <windows.h>
#endif

typedef struct {
    char symbol; /* 0 for none */
    int number;  /* added to the symbol; without one, the length itself, or 0 for any */
} extent_t;

typedef struct {
    const char *name;
    char kind;   /* 'a'rray, 'i'nt or 'f'loat */
    int ndim;
    extent_t shape[2];
    int written;
    int variant; /* 0, or which arrays are None together with this one */
} parameter_t;

/* Word 0 is the result; then three for each parameter: a number, or an address and two lengths. */
typedef int (*kernel_t)(int64_t *block);

typedef struct {
    const char *codes; /* a letter for each parameter, as `code_of` gives it */
    kernel_t kernel;
} entry_t;

typedef struct function_s function_t;
typedef struct {
    const function_t *function;
    const char *level;
    const entry_t *entries; /* the last one is empty */
} binding_t;

/* What a check has found: the parameter's position, and what is wrong. */
typedef struct {
    int position;
    char text[160];
} problem_t;

struct function_s {
    const char *name;
    char result; /* 'f'loat, 'b'ool or 'N'one */
    int n_parameters;
    const parameter_t *parameters;
    int (*check)(const int64_t *block, problem_t *problem); /* 0 where nothing is wrong */
};

static int check_run_epoch(const int64_t *, problem_t *);
static int check_outputs(const int64_t *, problem_t *);
static int check_shuffle(const int64_t *, problem_t *);

#include "kernels.h"

#define WORDS 3
#define VALUE(i) (block[1 + WORDS * (i)])
#define LENGTH(i, axis) (block[2 + WORDS * (i) + (axis)])
#define SIZE(i) LENGTH(i, 0)
#define IS_NONE(i) (LENGTH(i, 0) < 0)

/* Checks, which run without the GIL. */

static int wrong(problem_t *problem, int position, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(problem->text, sizeof problem->text, format, values);
    va_end(values);
    problem->position = position;
    return -1;
}

#define IN_RANGE(i, least, most)                                                              \
    if (VALUE(i) < (least) || VALUE(i) > (most))                                              \
        return wrong(problem, i, "is %lld, and must be from %lld to %lld",                    \
                     (long long)VALUE(i), (long long)(least), (long long)(most))

#define AT_LEAST(i, least)                                                                    \
    if (SIZE(i) < (least))                                                                    \
        return wrong(problem, i, "has length %lld, and must have at least %lld",              \
                     (long long)SIZE(i), (long long)(least))

#define EXACTLY(i, axis, length)                                                              \
    if (LENGTH(i, axis) != (length))                                                          \
        return wrong(problem, i, "has length %lld along axis %d, and must have %lld",         \
                     (long long)LENGTH(i, axis), axis, (long long)(length))

static int64_t least_of(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most_of(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t over(int64_t a, int64_t b) { return a / b + (a % b != 0); }

/* A product of numbers from 0 on; what is larger than any array becomes TOO_MUCH. */
#define TOO_MUCH ((int64_t)1 << 58)
static int64_t times(int64_t a, int64_t b)
{
    if (((a | b) >> 29) == 0)
        return a * b;
    return b > 0 && a > TOO_MUCH / b ? TOO_MUCH : a * b;
}

/* Whether all of `values` are from 0 to size - 1: the sign of one of two numbers tells. */
#define DEFINE_WITHIN(name, integer, limit)                                                   \
    static int name(const integer *values, int64_t n, int64_t size)                           \
    {                                                                                         \
        u##integer last = (u##integer)(least_of(size, limit) - 1), all = 0;                   \
        for (int64_t i = 0; i < n; i++)                                                       \
            all |= (u##integer)values[i] | (last - (u##integer)values[i]);                    \
        return n <= 0 || (size > 0 && (integer)all >= 0);                                     \
    }
DEFINE_WITHIN(within_64, int64_t, INT64_MAX)
DEFINE_WITHIN(within_32, int32_t, INT32_MAX)

/* Whether the first column of targets has codes of `q` classes. */
#define DEFINE_ARE_CODES(name, real)                                                          \
    static int name(const real *values, int64_t n, int64_t stride, int64_t q)                 \
    {                                                                                         \
        int64_t outside = 0;                                                                  \
        for (int64_t i = 0; i < n; i++)                                                       \
            outside += !(values[i * stride] >= 0 && values[i * stride] < (real)q);            \
        return outside == 0;                                                                  \
    }
DEFINE_ARE_CODES(are_codes_float64, double)
DEFINE_ARE_CODES(are_codes_float32, float)

typedef struct {
    int64_t n_layers, n_inputs, n_outputs, n_weights, n_parameters, n_units;
    const int64_t *table;
    int saves; /* whether an activation needs room for what it saves */
} network_t;

#define ROW(network, k) ((network)->table + N_COLUMNS * (k))

/* Read the table of layers, which must be as skmlp._border.layout writes it. */
static int read_network(const int64_t *block, int layers, int theta, network_t *net,
                        problem_t *problem)
{
    int64_t n = SIZE(layers), size = SIZE(theta), biases = 0, slopes = 0;
    const int64_t *row = net->table = (const int64_t *)(intptr_t)VALUE(layers);
    AT_LEAST(layers, 1);
    net->n_layers = n;
    net->n_inputs = row[FAN_IN];
    net->n_weights = net->n_units = net->saves = 0;
    for (int64_t k = 0; k < n; k++, row += N_COLUMNS) {
        int64_t below = k > 0 ? row[FAN_OUT - N_COLUMNS] : row[FAN_IN];
        if (row[FAN_IN] != below || row[FAN_IN] < 1 || row[FAN_IN] > size ||
            row[FAN_OUT] < 1 || row[FAN_OUT] > size ||
            row[WEIGHTS] != net->n_weights || row[UNITS] != net->n_units ||
            row[ACTIVATION] < 0 || row[ACTIVATION] >= N_ACTIVATIONS)
            return wrong(problem, layers, "has a row %lld that is of no layer", (long long)k);
        net->n_weights += times(row[FAN_IN], row[FAN_OUT]);
        net->n_units += row[FAN_OUT];
        if (net->n_weights > size || net->n_units > size)
            return wrong(problem, theta, "is shorter than the parameters of all layers");
    }
    row = net->table;
    for (int64_t k = 0; k < n; k++, row += N_COLUMNS) {
        /* A layer with slopes may be passed with another activation, as init='data' does. */
        int has_slopes = row[SLOPES] != NO_SLOPES;
        int64_t first = has_slopes ? net->n_weights + net->n_units + slopes : NO_SLOPES;
        if (row[BIASES] != net->n_weights + biases || row[SLOPES] != first ||
            (LEARNS_SLOPES[row[ACTIVATION]] && !has_slopes))
            return wrong(problem, layers, "has a row %lld that is of no layer", (long long)k);
        biases += row[FAN_OUT];
        slopes += has_slopes ? row[FAN_OUT] : 0;
        net->saves |= SAVES[row[ACTIVATION]];
    }
    net->n_outputs = row[FAN_OUT - N_COLUMNS];
    net->n_parameters = net->n_weights + net->n_units + slopes;
    EXACTLY(theta, 0, net->n_parameters);
    return 0;
}

/* Check that the parts of the input fit together, and give the number of its rows. The four
   come first, in their order, in all functions. */
static int check_input(const int64_t *block, const network_t *net, int64_t *n_rows,
                       problem_t *problem)
{
    enum { dense, data, indices, indptr };
    EXACTLY(dense, 1, net->n_inputs);
    *n_rows = LENGTH(dense, 0);
    if (IS_NONE(data))
        return 0;
    const int32_t *starts = (const int32_t *)(intptr_t)VALUE(indptr);
    const int32_t *columns = (const int32_t *)(intptr_t)VALUE(indices);
    int64_t n = *n_rows = SIZE(indptr) - 1;
    AT_LEAST(indptr, 1);
    int32_t falls = 0;
    for (int64_t i = 0; i < n; i++)
        falls |= starts[i + 1] < starts[i];
    if (falls || starts[0] < 0 || starts[n] > least_of(SIZE(data), SIZE(indices)))
        return wrong(problem, indptr, "does not rise from 0 to at most the number of elements");
    if (!within_32(columns + starts[0], starts[n] - starts[0], net->n_inputs))
        return wrong(problem, indices, "has an element that is not from 0 to %lld",
                     (long long)net->n_inputs - 1);
    return 0;
}

static int check_rows(const int64_t *block, int rows, int64_t n_rows, problem_t *problem)
{
    if (!within_64((const int64_t *)(intptr_t)VALUE(rows), SIZE(rows), n_rows))
        return wrong(problem, rows, "has an element that is not from 0 to %lld",
                     (long long)n_rows - 1);
    return 0;
}

/* The sizes of skmlp._border.sizes. */

static int64_t stride_of(int64_t size) { return over(size, 16) * 16; }

static int64_t n_chunks(int64_t n_weights, int64_t size)
{
    return over(n_weights, CHUNK) + over(size - n_weights, CHUNK);
}

static int64_t gradient_size(const network_t *net, int64_t n_rows)
{
    int is_large = times(n_rows, net->n_weights) >= LARGE &&
                   times(2 * n_rows, net->n_units) >= net->n_weights;
    return (n_rows >= TWICE && is_large ? 2 : 1) * stride_of(net->n_parameters);
}

static int64_t n_deltas(const network_t *net, int64_t n_rows)
{
    return times(net->n_units, n_rows + over(n_rows, ROWS_CHUNK));
}

static int64_t scratch_size(const network_t *net, int64_t n_rows, int64_t first)
{
    int64_t most = 0;
    for (int64_t k = first; k < net->n_layers; k++) {
        int64_t m = least_of(ROW(net, k)[FAN_IN], DEEP), n = ROW(net, k)[FAN_OUT];
        most = most_of(most, most_of(times(m + FEW, n_rows), n <= FEW ? m * n : 0));
    }
    return stride_of(most);
}

static int64_t row_size(const int64_t *block, const network_t *net)
{
    enum { dense, data };
    return net->n_units + (IS_NONE(data) ? net->n_inputs : 0);
}

static int check_run_epoch(const int64_t *block, problem_t *problem)
{
    network_t net;
    int64_t n, m = SIZE(RUN_EPOCH_rows), batch_size = VALUE(RUN_EPOCH_batch_size);
    int is_sparse = !IS_NONE(RUN_EPOCH_data), has_saved = !IS_NONE(RUN_EPOCH_saved);
    if (read_network(block, RUN_EPOCH_layers, RUN_EPOCH_theta, &net, problem) ||
        check_input(block, &net, &n, problem))
        return -1;
    EXACTLY(RUN_EPOCH_targets, 0, n);
    EXACTLY(RUN_EPOCH_weights, 0, n);
    if (LENGTH(RUN_EPOCH_targets, 1) < 1)
        return wrong(problem, RUN_EPOCH_targets, "has no columns");
    if (check_rows(block, RUN_EPOCH_rows, n, problem))
        return -1;
    IN_RANGE(RUN_EPOCH_batch_size, 1, UINT32_MAX);
    EXACTLY(RUN_EPOCH_rates, 0, over(m, batch_size));
    IN_RANGE(RUN_EPOCH_loss, 0, N_LOSSES - 1);
    int64_t loss = VALUE(RUN_EPOCH_loss);
    if (loss != MULTINOMIAL && loss != QUANTILES) {
        EXACTLY(RUN_EPOCH_targets, 1, net.n_outputs);
    }
    AT_LEAST(RUN_EPOCH_loss_settings, loss == QUANTILES ? net.n_outputs : N_SETTINGS[loss]);
    if (loss == MULTINOMIAL) {
        const void *targets = (const void *)(intptr_t)VALUE(RUN_EPOCH_targets);
        int64_t stride = LENGTH(RUN_EPOCH_targets, 1), q = net.n_outputs;
        /* Behind the words of the parameters is the size of a real number. */
        int fits = block[1 + WORDS * N_RUN_EPOCH] == 8
                       ? are_codes_float64((const double *)targets, n, stride, q)
                       : are_codes_float32((const float *)targets, n, stride, q);
        if (!fits)
            return wrong(problem, RUN_EPOCH_targets,
                         "has a code that is not from 0 to %lld", (long long)q - 1);
    }
    IN_RANGE(RUN_EPOCH_optimizer, 0, N_OPTIMIZERS - 1);
    const int *optimizer = OPTIMIZERS[VALUE(RUN_EPOCH_optimizer)];
    AT_LEAST(RUN_EPOCH_settings, optimizer[0]);
    AT_LEAST(RUN_EPOCH_moments, optimizer[1]);
    if (has_saved && SIZE(RUN_EPOCH_scaling) > 0) {
        int64_t width = net.table[FAN_OUT] + 4;
        EXACTLY(RUN_EPOCH_scaling, 0, optimizer[2] ? times(net.n_inputs, width) : 0);
    }
    if (has_saved)
        AT_LEAST(RUN_EPOCH_saved, times(batch_size, net.n_units));
    if (!has_saved && net.saves)
        return wrong(problem, RUN_EPOCH_saved, "is None, which an activation needs");
    int64_t n_transposed = net.n_weights - times(net.n_inputs, net.table[FAN_OUT]);
    int64_t n_tasks = LENGTH(RUN_EPOCH_sync, 0) - 1;
    int64_t n_threads = over(n_tasks, TASKS_PER_THREAD);
    if (n_tasks != 1 && (n_tasks < 1 || n_tasks % TASKS_PER_THREAD != 0))
        return wrong(problem, RUN_EPOCH_sync, "is of %lld tasks, and must be of 1 or of %d for "
                     "each thread", (long long)n_tasks, TASKS_PER_THREAD);
    IN_RANGE(RUN_EPOCH_thread, 0, n_threads - 1);
    AT_LEAST(RUN_EPOCH_gradient, gradient_size(&net, batch_size));
    AT_LEAST(RUN_EPOCH_work, times(batch_size, row_size(block, &net)));
    AT_LEAST(RUN_EPOCH_deltas, n_deltas(&net, batch_size));
    AT_LEAST(RUN_EPOCH_weights_t, n_transposed);
    AT_LEAST(RUN_EPOCH_scratch, times(n_threads, scratch_size(&net, batch_size, is_sparse)));
    AT_LEAST(RUN_EPOCH_partial_sums,
             batch_size + 2 * n_chunks(net.n_weights, net.n_parameters));
    return 0;
}

static int check_outputs(const int64_t *block, problem_t *problem)
{
    network_t net;
    int64_t n, m = SIZE(OUTPUTS_rows), loss = VALUE(OUTPUTS_loss);
    if (read_network(block, OUTPUTS_layers, OUTPUTS_theta, &net, problem) ||
        check_input(block, &net, &n, problem) || check_rows(block, OUTPUTS_rows, n, problem))
        return -1;
    if (m == 0 && IS_NONE(OUTPUTS_data)) {
        if (LENGTH(OUTPUTS_out, 0) > n)
            return wrong(problem, OUTPUTS_out, "has more rows than the input");
    } else {
        EXACTLY(OUTPUTS_out, 0, m);
    }
    IN_RANGE(OUTPUTS_depth, 1, net.n_layers);
    IN_RANGE(OUTPUTS_loss, NO_LOSS, N_LOSSES - 1);
    int64_t width = ROW(&net, VALUE(OUTPUTS_depth) - 1)[FAN_OUT];
    EXACTLY(OUTPUTS_out, 1, loss == BINARY && width == 1 ? 2 : width);
    if (!IS_NONE(OUTPUTS_saved))
        AT_LEAST(OUTPUTS_saved, times(PANEL, net.n_units));
    if (IS_NONE(OUTPUTS_saved) && net.saves)
        return wrong(problem, OUTPUTS_saved, "is None, which an activation needs");
    AT_LEAST(OUTPUTS_work, times(PANEL, row_size(block, &net)));
    return 0;
}

static int check_shuffle(const int64_t *block, problem_t *problem)
{
    if (SIZE(SHUFFLE_rows) > (int64_t)UINT32_MAX + 1)
        return wrong(problem, SHUFFLE_rows, "has more than 2**32 elements");
    IN_RANGE(SHUFFLE_draw, 1, INT64_MAX);
    IN_RANGE(SHUFFLE_state, 1, INT64_MAX);
    return 0;
}

/* Calls. */

static PyObject *FALLBACKS[N_FUNCTIONS];

/* Return the letter of a dtype, or '?'. */
static char code_of(PyArrayObject *array)
{
    switch (PyArray_TYPE(array)) {
    case NPY_DOUBLE: return 'd';
    case NPY_FLOAT: return 'f';
    case NPY_LONGLONG: return 'q';
    case NPY_LONG: return sizeof(long) == 8 ? 'q' : 'i';
    case NPY_INT: return 'i';
    case NPY_UINT: return 'I';
    case NPY_ULONG: return sizeof(long) == 4 ? 'I' : '?';
    default: return '?';
    }
}

static void refuse(PyObject *error, const function_t *f, Py_ssize_t position, const char *text)
{
    PyErr_Format(error, "%s() argument %zd (%s) %s", f->name, position + 1,
                 f->parameters[position].name, text);
}

/* Replace Python's error about a number by one that says which argument it is. */
static int refuse_number(const function_t *f, Py_ssize_t i, PyObject *argument)
{
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        refuse(PyExc_ValueError, f, i, "is too large a number");
    } else if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "%s() argument %zd (%s) must be %s, not %R", f->name,
                     i + 1, f->parameters[i].name,
                     f->parameters[i].kind == 'i' ? "an integer" : "a number",
                     (PyObject *)Py_TYPE(argument));
    }
    return -1;
}

/* Write an array's address and lengths; check all that does not depend on its elements. */
static int read_array(const function_t *f, Py_ssize_t i, PyObject *argument, int64_t *words,
                      int64_t *symbols)
{
    const parameter_t *parameter = f->parameters + i;
    if (!PyArray_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "%s() argument %zd (%s) must be an array%s, not %R",
                     f->name, i + 1, parameter->name, parameter->variant ? " or None" : "",
                     (PyObject *)Py_TYPE(argument));
        return -1;
    }
    PyArrayObject *array = (PyArrayObject *)argument;
    if (PyArray_NDIM(array) != parameter->ndim) {
        PyErr_Format(PyExc_ValueError, "%s() argument %zd (%s) has %d dimensions, not %d",
                     f->name, i + 1, parameter->name, PyArray_NDIM(array), parameter->ndim);
        return -1;
    }
    const char *lacks = NULL;
    if (!PyArray_CHKFLAGS(array, NPY_ARRAY_C_CONTIGUOUS))
        lacks = "must be C-contiguous";
    else if (!PyArray_CHKFLAGS(array, NPY_ARRAY_ALIGNED))
        lacks = "must be aligned";
    else if (!PyArray_ISNOTSWAPPED(array))
        lacks = "must be in the processor's byte order";
    else if (parameter->written && !PyArray_CHKFLAGS(array, NPY_ARRAY_WRITEABLE))
        lacks = "is written to, and must not be read-only";
    if (lacks) {
        refuse(PyExc_ValueError, f, i, lacks);
        return -1;
    }
    words[0] = (int64_t)(intptr_t)PyArray_DATA(array);
    for (int axis = 0; axis < parameter->ndim; axis++) {
        int64_t length = words[1 + axis] = PyArray_DIM(array, axis);
        extent_t extent = parameter->shape[axis];
        int64_t expected = extent.number;
        if (extent.symbol) {
            int64_t *symbol = symbols + (extent.symbol & 31);
            if (*symbol < 0)
                *symbol = length - extent.number;
            expected += *symbol;
        } else if (extent.number == 0) {
            continue;
        }
        if (length != expected) {
            PyErr_Format(PyExc_ValueError,
                         "%s() argument %zd (%s) has length %lld along axis %d, and must have "
                         "%lld", f->name, i + 1, parameter->name, (long long)length, axis,
                         (long long)expected);
            return -1;
        }
    }
    return 0;
}

/* Fill `block` from the arguments, and `codes` with a letter for each. */
static int read_arguments(const function_t *f, PyObject *const *arguments, int64_t *block,
                          char *codes)
{
    int64_t symbols[32];
    char variants[] = {0, 0, 0};
    memset(symbols, -1, sizeof symbols);
    for (int i = 0; i < f->n_parameters; i++) {
        PyObject *argument = arguments[i];
        const parameter_t *parameter = f->parameters + i;
        int64_t *words = &VALUE(i);
        codes[i] = '-';
        if (parameter->kind == 'i') {
            if ((words[0] = PyLong_AsLongLong(argument)) == -1 && PyErr_Occurred())
                return refuse_number(f, i, argument);
        } else if (parameter->kind == 'f') {
            double number = PyFloat_AsDouble(argument);
            if (number == -1.0 && PyErr_Occurred())
                return refuse_number(f, i, argument);
            memcpy(words, &number, sizeof number);
        } else if (argument == Py_None && parameter->variant) {
            codes[i] = 'x';
            words[1] = words[2] = -1; /* see IS_NONE */
        } else {
            if (read_array(f, i, argument, words, symbols) < 0)
                return -1;
            codes[i] = code_of((PyArrayObject *)argument);
        }
        if (parameter->variant) {
            char seen = codes[i] == 'x' ? 'x' : 'a', *variant = variants + parameter->variant;
            if (*variant && *variant != seen) {
                refuse(PyExc_TypeError, f, i,
                       "must be None where the arrays that belong to it are, and only there");
                return -1;
            }
            *variant = seen;
        }
    }
    return 0;
}

/* Say which argument is not of a dtype that some entry has together with those before it. */
static void refuse_dtypes(const binding_t *binding, PyObject *const *arguments, char *codes)
{
    Py_ssize_t most = 0;
    for (const entry_t *entry = binding->entries; entry->codes; entry++) {
        Py_ssize_t n = 0;
        while (codes[n] == entry->codes[n])
            n++;
        most = n > most ? n : most;
    }
    PyObject *dtype = PyObject_GetAttrString(arguments[most], "dtype");
    if (dtype)
        PyErr_Format(PyExc_TypeError, "%s() argument %zd (%s) is of dtype %S, for which, with "
                     "the arguments before it, there is no precompiled code",
                     binding->function->name, most + 1,
                     binding->function->parameters[most].name, dtype);
    Py_XDECREF(dtype);
}

static PyObject *fall_back(const binding_t *binding, PyObject *const *arguments, char *codes)
{
    PyObject *fallback = FALLBACKS[binding->function - FUNCTIONS];
    if (!fallback) {
        refuse_dtypes(binding, arguments, codes);
        return NULL;
    }
    Py_ssize_t n = binding->function->n_parameters;
    PyObject *tuple = PyTuple_New(n), *result = NULL;
    for (Py_ssize_t i = 0; tuple && i < n; i++) {
        Py_INCREF(arguments[i]);
        PyTuple_SetItem(tuple, i, arguments[i]);
    }
    Py_INCREF(fallback); /* it may be replaced meanwhile */
    if (tuple)
        result = PyObject_Call(fallback, tuple, NULL);
    Py_DECREF(fallback);
    Py_XDECREF(tuple);
    return result;
}

static PyObject *call(PyObject *self, PyObject *const *arguments, Py_ssize_t n)
{
    const binding_t *binding = (const binding_t *)PyCapsule_GetPointer(self, "skmlp._aot");
    if (!binding)
        return NULL;
    const function_t *f = binding->function;
    int64_t block[1 + WORDS * MAX_PARAMETERS + 1] = {0};
    char codes[MAX_PARAMETERS + 1];
    if (n != f->n_parameters) {
        PyErr_Format(PyExc_TypeError, "%s() takes %d arguments; %zd were given", f->name,
                     f->n_parameters, n);
        return NULL;
    }
    if (read_arguments(f, arguments, block, codes) < 0)
        return NULL;
    codes[n] = 0;
    const entry_t *entry = binding->entries;
    while (entry->codes && memcmp(codes, entry->codes, (size_t)n) != 0)
        entry++;
    if (!entry->codes)
        return fall_back(binding, arguments, codes);
    block[1 + WORDS * n] = codes[0] == 'd' ? 8 : 4;
    problem_t problem;
    int status = 0;
    PyThreadState *state = PyEval_SaveThread();
    int has_problem = f->check(block, &problem);
    if (!has_problem)
        status = entry->kernel(block);
    PyEval_RestoreThread(state);
    if (has_problem) {
        refuse(PyExc_ValueError, f, problem.position, problem.text);
        return NULL;
    }
    if (status != 0) {
        PyErr_Format(PyExc_RuntimeError, "%s() failed with status %d", f->name, status);
        return NULL;
    }
    if (f->result == 'f') {
        double number;
        memcpy(&number, block, sizeof number);
        return PyFloat_FromDouble(number);
    }
    if (f->result == 'b')
        return PyBool_FromLong((long)block[0]);
    Py_RETURN_NONE;
}

/* The module. */

/* Return whether the processor and the operating system have what a level needs. */
static int supports(const char *level)
{
#if defined(__x86_64__) && defined(__GNUC__)
    int v3, v4;
    __builtin_cpu_init();
    v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("movbe") &&
         __builtin_cpu_supports("f16c");
    v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512cd");
    return strcmp(level, "v3") == 0 ? v3 : strcmp(level, "v4") == 0 ? v4 : 0;
#elif defined(_M_X64)
    /* Windows answers for processor and system; AVX2 came with, or after, all else of v3. */
    DWORD feature = strcmp(level, "v3") == 0 ? 40 : strcmp(level, "v4") == 0 ? 41 : 0;
    return feature && IsProcessorFeaturePresent(feature);
#elif defined(__aarch64__) || defined(_M_ARM64)
    return strcmp(level, "neon") == 0;
#else
    return 0;
#endif
}

static PyMethodDef CALLS[N_FUNCTIONS];

static PyObject *functions(PyObject *module, PyObject *argument)
{
    (void)module;
    PyObject *name = PyUnicode_AsUTF8String(argument);
    if (!name)
        return NULL;
    const char *level = PyBytes_AsString(name);
    PyObject *result = PyDict_New();
    for (const binding_t *binding = BINDINGS; result && binding->level; binding++) {
        Py_ssize_t number = binding->function - FUNCTIONS;
        if (strcmp(binding->level, level) != 0 || !supports(level))
            continue;
        PyObject *self = PyCapsule_New((void *)binding, "skmlp._aot", NULL);
        PyObject *function = self ? PyCFunction_New(CALLS + number, self) : NULL;
        if (!function || PyDict_SetItemString(result, binding->function->name, function) < 0)
            Py_CLEAR(result);
        Py_XDECREF(function);
        Py_XDECREF(self);
    }
    if (result && PyDict_Size(result) == 0) {
        Py_CLEAR(result);
        PyErr_Format(PyExc_ValueError,
                     "level %R is not among those compiled, or not the processor's", argument);
    }
    Py_DECREF(name);
    return result;
}

static PyObject *set_fallback(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *name;
    PyObject *fallback;
    if (!PyArg_ParseTuple(arguments, "sO", &name, &fallback))
        return NULL;
    if (fallback != Py_None && !PyCallable_Check(fallback)) {
        PyErr_SetString(PyExc_TypeError, "set_fallback() argument 2 must be callable, or None");
        return NULL;
    }
    for (int i = 0; i < N_FUNCTIONS; i++)
        if (strcmp(name, FUNCTIONS[i].name) == 0) {
            PyObject *before = FALLBACKS[i] ? FALLBACKS[i] : Py_NewRef(Py_None);
            FALLBACKS[i] = fallback == Py_None ? NULL : Py_NewRef(fallback);
            return before;
        }
    PyErr_Format(PyExc_ValueError, "set_fallback() argument 1 is no function: %s", name);
    return NULL;
}

static PyMethodDef METHODS[] = {
    {"functions", functions, METH_O,
     "functions(level)\n--\n\nReturn the functions on the border, by name, for a level."},
    {"set_fallback", set_fallback, METH_VARARGS,
     "set_fallback(name, function)\n--\n\n"
     "Set what a function calls for arguments of other dtypes than it has code for, or None.\n\n"
     "Return what it was before."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "skmlp._aot", "Kernels compiled ahead of time.", -1, METHODS,
    NULL, NULL, NULL, NULL};

static int fill(PyObject *module)
{
    const char *best = "";
    PyObject *levels = PyTuple_New(N_LEVELS);
    for (int i = 0; levels && i < N_LEVELS; i++) {
        PyObject *level = PyUnicode_FromString(LEVELS[i]);
        if (!level || PyTuple_SetItem(levels, i, level) < 0)
            Py_CLEAR(levels);
        best = supports(LEVELS[i]) ? LEVELS[i] : best;
    }
    int status = levels ? PyModule_AddObjectRef(module, "levels", levels) : -1;
    Py_XDECREF(levels);
    if (status < 0 || PyModule_AddStringConstant(module, "level", best) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "sources", SOURCES);
}

PyMODINIT_FUNC PyInit__aot(void)
{
    import_array();
    for (int i = 0; i < N_FUNCTIONS; i++)
        CALLS[i] = (PyMethodDef){FUNCTIONS[i].name, (PyCFunction)(void (*)(void))call,
                                 METH_FASTCALL, NULL};
    PyObject *module = PyModule_Create(&MODULE);
    if (module && fill(module) < 0)
        Py_CLEAR(module);
    return module;
}
