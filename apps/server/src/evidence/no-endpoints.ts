/**
 * Drop reasons of our own, in place of the kernel's: kube-proxy refuses in the name of a service behind which nobody stands
 * everywhere or, where nodes send to their own endpoints alone, on its node; to the kernel that is a drop by netfilter like a
 * policy's.
 */
export const noEndpoints = { everywhere: 'SERVICE_WITHOUT_ENDPOINTS', here: 'SERVICE_WITHOUT_LOCAL_ENDPOINTS' } as const
