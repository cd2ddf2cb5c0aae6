#pragma once
// Functions marked OCCLUSION_HD are compiled by g++, nvcc and NVRTC alike. NVRTC has no standard headers, so what is
// included beside this file in a header for all three knows plain types only.

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define OCCLUSION_HD __host__ __device__
#else
#define OCCLUSION_HD
#endif
