// totals[n, k] = the sum of output[n, channels[k], …] over its positions, in double, in their order.
extern "C" __global__ void channel_totals(const float* output, long long n_images, long long n_channels,
                                          long long n_positions, const long long* channels, long long n_chosen,
                                          double* totals) {
    const long long work = n_images * n_chosen;
    const long long step = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < work; i += step) {
        const float* value = output + (i / n_chosen * n_channels + channels[i % n_chosen]) * n_positions;
        double total = 0.0;
        for (long long p = 0; p < n_positions; ++p) total += static_cast<double>(value[p]);
        totals[i] = total;
    }
}
